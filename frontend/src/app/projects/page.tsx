import type { Metadata } from "next";

import { CountLine } from "@/components/count-line.tsx";
import { Filters, SelectField } from "@/components/filters.tsx";
import { Pager } from "@/components/pager.tsx";
import { ProjectList } from "@/components/project-list.tsx";
import { projects } from "@/lib/data.ts";
import { LEVELS } from "@/lib/levels.ts";
import type { ListPageProps } from "@/lib/page-props.ts";
import { pageParam, paginate, textParam } from "@/lib/pagination.ts";
import { described, listPath } from "@/lib/site.ts";

export async function generateMetadata({ searchParams }: ListPageProps): Promise<Metadata> {
  const params = await searchParams;
  const filters = { q: textParam(params["q"]), level: textParam(params["level"], 32) };
  return described({
    path: listPath("/projects", filters, pageParam(params["page"])),
    title: "Projects",
    description: "OWASP projects: tools, documentation and code for application security, by level and by name.",
    indexed: filters.q === "",
  });
}

export default async function ProjectsPage({ searchParams }: ListPageProps) {
  const params = await searchParams;
  const filters = { q: textParam(params["q"]), level: textParam(params["level"], 32) };
  const page = pageParam(params["page"]);
  const found = await projects(filters.q, filters.level, page);
  const pagination = paginate(page, found.total);
  return (
    <div className="wrap page">
      <h1>Projects</h1>
      <p className="lede">Tools, documentation and code for application security. More rings mean a more mature project.</p>
      <Filters path="/projects" text={filters.q} textLabel="Filter projects" active={filters.q + filters.level !== ""}>
        <SelectField name="level" label="Level" value={filters.level} all="All levels" options={LEVELS} />
      </Filters>
      <CountLine pagination={pagination} one="project" many="projects" />
      {found.items.length > 0 ? (
        <ProjectList projects={found.items} heading="h2" />
      ) : (
        <p className="empty">No project matches. Try fewer words or another level.</p>
      )}
      <Pager path="/projects" filters={filters} pagination={pagination} />
    </div>
  );
}
