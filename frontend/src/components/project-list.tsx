import { Link } from "@/components/link.tsx";
import { Rings } from "@/components/rings.tsx";
import type { ProjectSummary } from "@/lib/data.ts";
import { levelOf, titled } from "@/lib/levels.ts";

interface Props {
  readonly projects: readonly ProjectSummary[];
  /** The heading level that fits the page's outline. */
  readonly heading?: "h2" | "h3";
  readonly compact?: boolean;
}

export function ProjectList({ projects, heading: Heading = "h3", compact = false }: Props) {
  return (
    <ul className={compact ? "ledger ledger-compact" : "ledger"}>
      {projects.map((project) => {
        const level = levelOf(project.level);
        return (
          <li key={project.key} className="entry">
            <Rings level={level} />
            <div className="entry-body">
              <Heading className="entry-name">
                <Link href={`/projects/${encodeURIComponent(project.key)}`}>{project.name}</Link>
              </Heading>
              {project.summary && <p>{project.summary}</p>}
            </div>
            <p className="entry-facts">
              <span>{level.label}</span>
              <span>{titled(project.type)}</span>
            </p>
          </li>
        );
      })}
    </ul>
  );
}
