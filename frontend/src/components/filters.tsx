import type { ReactNode } from "react";

import { Link } from "@/components/link.tsx";

interface Props {
  readonly path: string;
  readonly text: string;
  readonly textLabel: string;
  /** Whether anything is filtered, so that there is something to clear. */
  readonly active: boolean;
  /** Further labelled fields. */
  readonly children: ReactNode;
}

/** The form above a list: plain GET, so that a filtered list has an address. */
export function Filters({ path, text, textLabel, active, children }: Props) {
  return (
    <form className="filters" action={path} method="get" role="search" aria-label={textLabel}>
      <div className="field">
        <label htmlFor="filter-text">{textLabel}</label>
        <input id="filter-text" name="q" type="search" defaultValue={text} maxLength={100} autoComplete="off" />
      </div>
      {children}
      <button type="submit">Show</button>
      {active && (
        <Link href={path} className="clear">
          Clear
        </Link>
      )}
    </form>
  );
}

interface SelectProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly all: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

export function SelectField({ name, label, value, all, options }: SelectProps) {
  const known = value === "" || options.some((option) => option.value === value);
  return (
    <div className="field">
      <label htmlFor={`filter-${name}`}>{label}</label>
      <select id={`filter-${name}`} name={name} defaultValue={value}>
        <option value="">{all}</option>
        {!known && <option value={value}>{value}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}
