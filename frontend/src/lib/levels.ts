/** The levels OWASP gives its projects, from the most mature to the newest. */

export interface Level {
  /** The value the backend stores. */
  readonly value: string;
  readonly label: string;
  readonly meaning: string;
  /** How many of the mark's four rings are drawn. */
  readonly rings: number;
}

export const LEVELS: readonly Level[] = [
  { value: "flagship", label: "Flagship", meaning: "strategic value to OWASP and to application security", rings: 4 },
  { value: "production", label: "Production", meaning: "released, documented and ready to be relied on", rings: 3 },
  { value: "lab", label: "Lab", meaning: "has delivered something of value", rings: 2 },
  { value: "incubator", label: "Incubator", meaning: "new: an idea being worked out", rings: 1 },
];

/** A level by the backend's value, in any case; one that is not known keeps its own name. */
export function levelOf(value: string): Level {
  const wanted = value.toLowerCase();
  return (
    LEVELS.find((level) => level.value === wanted) ?? { value, label: titled(value), meaning: "", rings: 0 }
  );
}

/** "code_library" → "Code library". */
export function titled(value: string): string {
  const words = value.replace(/[_-]+/g, " ").trim();
  return words === "" ? "" : words.charAt(0).toUpperCase() + words.slice(1);
}
