import type { Metadata } from "next";

import { ChapterList } from "@/components/chapter-list.tsx";
import { CountLine } from "@/components/count-line.tsx";
import { Filters, SelectField } from "@/components/filters.tsx";
import { Pager } from "@/components/pager.tsx";
import { chapters, chaptersAsOf, countries } from "@/lib/data.ts";
import { monthOf } from "@/lib/dates.ts";
import type { ListPageProps } from "@/lib/page-props.ts";
import { pageParam, paginate, textParam } from "@/lib/pagination.ts";
import { described, listPath } from "@/lib/site.ts";

export async function generateMetadata({ searchParams }: ListPageProps): Promise<Metadata> {
  const params = await searchParams;
  const filters = { q: textParam(params["q"]), country: textParam(params["country"]) };
  return described({
    path: listPath("/chapters", filters, pageParam(params["page"])),
    title: "Chapters",
    description: "OWASP chapters: local groups that meet to talk about application security, by country and by name.",
    indexed: filters.q === "",
  });
}

export default async function ChaptersPage({ searchParams }: ListPageProps) {
  const params = await searchParams;
  const filters = { q: textParam(params["q"]), country: textParam(params["country"]) };
  const page = pageParam(params["page"]);
  const [found, counted, asOf] = await Promise.all([
    chapters(filters.q, filters.country, page),
    countries(),
    chaptersAsOf(),
  ]);
  const pagination = paginate(page, found.total);
  const options = counted.map(({ country, chapters: number }) => ({ value: country, label: `${country} (${number})` }));
  return (
    <div className="wrap page">
      <h1>Chapters</h1>
      <p className="lede">Local groups that meet to talk about application security.</p>
      <p className="note">
        This list is of {monthOf(asOf)} and holds the chapters whose country is known.{" "}
        <a href="https://owasp.org/chapters/">OWASP’s own list</a> is current and complete.
      </p>
      <Filters path="/chapters" text={filters.q} textLabel="Filter chapters" active={filters.q + filters.country !== ""}>
        <SelectField name="country" label="Country" value={filters.country} all="All countries" options={options} />
      </Filters>
      <CountLine pagination={pagination} one="chapter" many="chapters" />
      {found.items.length > 0 ? (
        <ChapterList chapters={found.items} heading="h2" />
      ) : (
        <p className="empty">No chapter matches. Try fewer words or another country.</p>
      )}
      <Pager path="/chapters" filters={filters} pagination={pagination} />
    </div>
  );
}
