import { Link } from "@/components/link.tsx";
import { LEVELS } from "@/lib/levels.ts";
import { pageHref } from "@/lib/pagination.ts";

/** How many projects each level has: bars from one line, each as long as its number. */
export function LevelChart({ levels }: { levels: Readonly<Record<string, number>> }) {
  const shown = LEVELS.filter(({ value }) => (levels[value] ?? 0) > 0);
  const most = Math.max(1, ...Object.values(levels));
  if (shown.length === 0) return null;
  return (
    <figure className="levels">
      <figcaption>Projects by level</figcaption>
      <ul>
        {shown.map((level) => (
          <li key={level.value}>
            <Link href={pageHref("/projects", { level: level.value })}>
              <span>{level.label}</span>
              <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect width={((levels[level.value] ?? 0) / most) * 100} height="8" />
              </svg>
              <span className="number">{levels[level.value]}</span>
            </Link>
          </li>
        ))}
      </ul>
    </figure>
  );
}
