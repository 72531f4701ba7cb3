import type { Metadata } from "next";
import { notFound } from "next/navigation";

import { ChapterList, placeOf } from "@/components/chapter-list.tsx";
import { Link } from "@/components/link.tsx";
import { chapter as findChapter } from "@/lib/data.ts";
import { type KeyPageProps, decodeKey } from "@/lib/page-props.ts";
import { pageHref } from "@/lib/pagination.ts";
import { described } from "@/lib/site.ts";
import { webAddress } from "@/lib/urls.ts";

export async function generateMetadata({ params }: KeyPageProps): Promise<Metadata> {
  const found = await findChapter(decodeKey((await params).key));
  if (found === null) return { title: "Page not found" };
  const { key, name } = found.chapter;
  const place = placeOf(found.chapter);
  return described({
    path: `/chapters/${encodeURIComponent(key)}`,
    title: name,
    description: place ? `${name}: an OWASP chapter in ${place}.` : `${name}: an OWASP chapter.`,
  });
}

export default async function ChapterPage({ params }: KeyPageProps) {
  const found = await findChapter(decodeKey((await params).key));
  if (found === null) notFound();
  const { chapter, nearby } = found;
  const url = webAddress(chapter.url);
  return (
    <div className="wrap page">
      <p className="trail">
        <Link href="/chapters">Chapters</Link>
      </p>
      <article className="subject">
        <header>
          <h1>{chapter.name}</h1>
        </header>
        <div className="subject-text">
          <p className="lede">A local OWASP group. Its own page is the place to look for the next meeting.</p>
          {url && (
            <p className="actions">
              <a className="button" href={url.href}>
                Chapter page <span className="host">{url.host}</span>
              </a>
            </p>
          )}
        </div>
        <dl className="facts">
          {chapter.country && (
            <div>
              <dt>Country</dt>
              <dd>
                <Link href={pageHref("/chapters", { country: chapter.country })}>{chapter.country}</Link>
              </dd>
            </div>
          )}
          {chapter.region && (
            <div>
              <dt>Region</dt>
              <dd>{chapter.region}</dd>
            </div>
          )}
        </dl>
      </article>
      {nearby.length > 0 && (
        <section className="section" aria-labelledby="nearby">
          <h2 id="nearby">Other chapters in {chapter.country}</h2>
          <ChapterList chapters={nearby} />
        </section>
      )}
    </div>
  );
}
