import type { Metadata } from "next";

import { Link } from "@/components/link.tsx";
import { LevelChart } from "@/components/level-chart.tsx";
import { ProjectList } from "@/components/project-list.tsx";
import { SearchForm } from "@/components/search-form.tsx";
import { home } from "@/lib/data.ts";
import { described } from "@/lib/site.ts";

export function generateMetadata(): Metadata {
  const { title, ...rest } = described({
    path: "/",
    title: "OWASP projects and chapters",
    description: "Find OWASP projects by what they do and OWASP chapters by where they meet.",
  });
  return { ...rest, title: { absolute: `Nest: ${String(title)}` } };
}

export default async function HomePage() {
  const { stats, featured, levels } = await home();
  return (
    <>
      <section className="hero">
        <div className="wrap">
          <div className="hero-text">
            <h1>OWASP projects and chapters</h1>
            <p>Find the security project that does what you need, and the people who meet near you.</p>
            <SearchForm />
            <dl className="stats">
              <div>
                <dt>projects</dt>
                <dd>{stats.projects}</dd>
              </div>
              <div>
                <dt>chapters</dt>
                <dd>{stats.chapters}</dd>
              </div>
              <div>
                <dt>countries</dt>
                <dd>{stats.countries}</dd>
              </div>
            </dl>
          </div>
          <LevelChart levels={levels} />
        </div>
      </section>
      <section className="wrap section" aria-labelledby="featured">
        <div className="section-head">
          <h2 id="featured">Flagship projects</h2>
          <Link href="/projects">
            All projects<span aria-hidden="true"> →</span>
          </Link>
        </div>
        {featured.length > 0 ? <ProjectList projects={featured} compact /> : <p>No flagship project is listed yet.</p>}
      </section>
      <section className="wrap section band" aria-labelledby="near">
        <h2 id="near">Chapters meet in {stats.countries} countries</h2>
        <p>A chapter is a local group: talks, workshops and people to ask.</p>
        <Link href="/chapters" className="button">
          Find a chapter
        </Link>
      </section>
    </>
  );
}
