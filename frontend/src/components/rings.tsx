import type { Level } from "@/lib/levels.ts";

const RADII = [3, 6.5, 10, 13.5] as const;

/** The mark of a project's level: a nest seen from above, one ring more for each level. */
export function Rings({ level }: { level: Level }) {
  return (
    <svg className="rings" viewBox="0 0 32 32" width="36" height="36" fill="none" stroke="currentColor" aria-hidden="true" focusable="false">
      {RADII.map((radius, index) => (
        <circle key={radius} cx="16" cy="16" r={radius} className={index < level.rings ? "ring on" : "ring"} />
      ))}
    </svg>
  );
}
