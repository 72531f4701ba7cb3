import type { Metadata } from "next";
import { notFound } from "next/navigation";

import { Link } from "@/components/link.tsx";
import { ProjectList } from "@/components/project-list.tsx";
import { Rings } from "@/components/rings.tsx";
import { project as findProject } from "@/lib/data.ts";
import { levelOf, titled } from "@/lib/levels.ts";
import { type KeyPageProps, decodeKey } from "@/lib/page-props.ts";
import { pageHref } from "@/lib/pagination.ts";
import { described } from "@/lib/site.ts";
import { webAddress } from "@/lib/urls.ts";

export async function generateMetadata({ params }: KeyPageProps): Promise<Metadata> {
  const project = await findProject(decodeKey((await params).key));
  if (project === null) return { title: "Page not found" };
  return described({
    path: `/projects/${encodeURIComponent(project.key)}`,
    title: project.name,
    description: project.summary || `${project.name}, an OWASP project.`,
  });
}

export default async function ProjectPage({ params }: KeyPageProps) {
  const project = await findProject(decodeKey((await params).key));
  if (project === null) notFound();
  const level = levelOf(project.level);
  const url = webAddress(project.url);
  const repository = webAddress(project.repositoryUrl);
  return (
    <div className="wrap page">
      <p className="trail">
        <Link href="/projects">Projects</Link>
      </p>
      <article className="subject">
        <header>
          <Rings level={level} />
          <h1>{project.name}</h1>
        </header>
        <div className="subject-text">
          {project.summary ? <p className="lede">{project.summary}</p> : <p className="lede">No summary is known.</p>}
          {(url || repository) && (
            <p className="actions">
              {url && (
                <a className="button" href={url.href}>
                  Project page <span className="host">{url.host}</span>
                </a>
              )}
              {repository && (
                <a className="button button-quiet" href={repository.href}>
                  Source code <span className="host">{repository.host}</span>
                </a>
              )}
            </p>
          )}
        </div>
        <dl className="facts">
          <div>
            <dt>Level</dt>
            <dd>
              <Link href={pageHref("/projects", { level: level.value })}>{level.label}</Link>
              {level.meaning && <span className="note">{level.meaning}</span>}
            </dd>
          </div>
          {project.type && (
            <div>
              <dt>Type</dt>
              <dd>{titled(project.type)}</dd>
            </div>
          )}
          {project.topics.length > 0 && (
            <div>
              <dt>Topics</dt>
              <dd>
                <ul className="topics">
                  {project.topics.map((topic) => (
                    <li key={topic}>
                      <Link href={pageHref("/search", { q: topic })}>{topic}</Link>
                    </li>
                  ))}
                </ul>
              </dd>
            </div>
          )}
        </dl>
      </article>
      {project.similar.length > 0 && (
        <section className="section" aria-labelledby="similar">
          <h2 id="similar">Similar projects</h2>
          <ProjectList projects={project.similar} compact />
        </section>
      )}
    </div>
  );
}
