import { Link } from "@/components/link.tsx";
import { LEVELS } from "@/lib/levels.ts";
import { pageHref } from "@/lib/pagination.ts";

/** Radii of the arcs, outermost first, in units of the drawing. */
const RADII = [92, 72, 52, 32] as const;

/**
 * How many projects each level has: nested arcs, the longest for the level that has most.
 * The drawing is decoration; the list beside it says the same in words.
 */
export function NestChart({ levels }: { levels: Readonly<Record<string, number>> }) {
  const shown = LEVELS.filter(({ value }) => (levels[value] ?? 0) > 0);
  const most = Math.max(1, ...Object.values(levels));
  if (shown.length === 0) return null;
  return (
    <figure className="nest">
      <svg viewBox="0 0 200 112" width="400" height="224" fill="none" stroke="currentColor" aria-hidden="true" focusable="false">
        {shown.map(({ value }, index) => {
          const radius = RADII[index] ?? 12;
          const arc = `M${100 - radius} 8 A${radius} ${radius} 0 0 0 ${100 + radius} 8`;
          const length = Math.max(2, ((levels[value] ?? 0) / most) * 100);
          return (
            <g key={value} className={`arc arc-${index + 1}`}>
              <path d={arc} className="track" />
              <path d={arc} pathLength="100" strokeDasharray={`${length.toFixed(1)} 200`} />
            </g>
          );
        })}
      </svg>
      <figcaption>
        <span className="nest-title">Projects by level</span>
        <ul>
          {shown.map((level, index) => (
            <li key={level.value}>
              <Link href={pageHref("/projects", { level: level.value })}>
                <span className={`key key-${index + 1}`} aria-hidden="true" />
                <span>{level.label}</span>
                <span className="number">{levels[level.value]}</span>
              </Link>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}
