import type { Metadata } from "next";

import { ChapterList } from "@/components/chapter-list.tsx";
import { ProjectList } from "@/components/project-list.tsx";
import { SearchForm } from "@/components/search-form.tsx";
import { search } from "@/lib/data.ts";
import type { ListPageProps } from "@/lib/page-props.ts";
import { textParam } from "@/lib/pagination.ts";
import { described, listPath } from "@/lib/site.ts";

export async function generateMetadata({ searchParams }: ListPageProps): Promise<Metadata> {
  const text = textParam((await searchParams)["q"]);
  return described({
    path: listPath("/search", { q: text }, 1),
    title: text ? `“${text}”` : "Search",
    description: "Search OWASP projects and chapters by name, by topic or by place.",
    indexed: false,
  });
}

export default async function SearchPage({ searchParams }: ListPageProps) {
  const text = textParam((await searchParams)["q"]);
  const found = text ? await search(text) : null;
  const none = found !== null && found.projects.length + found.chapters.length === 0;
  return (
    <div className="wrap page">
      <h1>Search</h1>
      <SearchForm text={text} />
      {found === null && (
        <p className="empty">Search by name, by topic or by place.</p>
      )}
      {none && <p className="empty">Nothing was found for “{text}”. Try fewer or more general words.</p>}
      {found && found.projects.length > 0 && (
        <section className="section" aria-labelledby="found-projects">
          <h2 id="found-projects">Projects</h2>
          <ProjectList projects={found.projects} />
        </section>
      )}
      {found && found.chapters.length > 0 && (
        <section className="section" aria-labelledby="found-chapters">
          <h2 id="found-chapters">Chapters</h2>
          <ChapterList chapters={found.chapters} />
        </section>
      )}
    </div>
  );
}
