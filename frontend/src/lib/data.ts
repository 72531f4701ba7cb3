/** Everything the pages ask of the backend, one function per question. */

import { cache } from "react";

import { backendConfig } from "./config.ts";
import { GraphQLClient } from "./graphql.ts";
import { LEVELS } from "./levels.ts";
import { PAGE_SIZE } from "./pagination.ts";

export interface Stats {
  readonly projects: number;
  readonly chapters: number;
  readonly countries: number;
  readonly release: string;
}

export interface ProjectSummary {
  readonly key: string;
  readonly name: string;
  readonly summary: string;
  readonly level: string;
  readonly type: string;
}

export interface Project extends ProjectSummary {
  readonly url: string;
  readonly repositoryUrl: string | null;
  readonly topics: readonly string[];
  readonly similar: readonly ProjectSummary[];
}

export interface Chapter {
  readonly key: string;
  readonly name: string;
  readonly url: string;
  readonly country: string;
  readonly region: string;
}

export interface Page<Item> {
  readonly total: number;
  readonly items: readonly Item[];
}

export interface Home {
  readonly stats: Stats;
  readonly featured: readonly ProjectSummary[];
  /** Number of projects by level value; levels without a project are left out. */
  readonly levels: Readonly<Record<string, number>>;
}

const SUMMARY = "key name summary level type";
const CHAPTER = "key name url country region";

/** A bound on the walks through lists, should the backend ever answer with pages without end. */
const MAX_PAGES = 50;

// One client for the life of the process, so that its CSRF token is fetched once.
let client: GraphQLClient | null = null;

function query<Data>(document: string, variables: Record<string, unknown> = {}): Promise<Data> {
  client ??= new GraphQLClient(backendConfig());
  return client.query<Data>(document, variables);
}

export async function home(): Promise<Home> {
  const counts = LEVELS.map(({ value }) => `${value}: projects(level: "${value}", limit: 1) { total }`).join(" ");
  type Answer = { stats: Stats; featured: Page<ProjectSummary> } & Record<string, { total: number }>;
  const answer = await query<Answer>(
    `{ stats { projects chapters countries release }
       featured: projects(level: "flagship", limit: 100) { total items { ${SUMMARY} } }
       ${counts} }`,
  );
  const levels = LEVELS.map(({ value }) => [value, answer[value]?.total ?? 0] as const);
  return {
    stats: answer.stats,
    featured: answer.featured.items,
    levels: Object.fromEntries(levels.filter(([, total]) => total > 0)),
  };
}

export async function projects(text: string, level: string, page: number): Promise<Page<ProjectSummary>> {
  const { projects: found } = await query<{ projects: Page<ProjectSummary> }>(
    `query Projects($text: String, $level: String, $limit: Int, $offset: Int) {
       projects(query: $text, level: $level, limit: $limit, offset: $offset) { total items { ${SUMMARY} } }
     }`,
    { text, level: level || null, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE },
  );
  return found;
}

/** One project, or null when there is none of that key; asked once per request. */
export const project = cache(async (key: string): Promise<Project | null> => {
  const answer = await query<{ project: Project | null }>(
    `query Project($key: String!) {
       project(key: $key) { ${SUMMARY} url repositoryUrl topics similar(limit: 6) { ${SUMMARY} } }
     }`,
    { key },
  );
  return answer.project;
});

export async function chapters(text: string, country: string, page: number): Promise<Page<Chapter>> {
  const { chapters: found } = await query<{ chapters: Page<Chapter> }>(
    `query Chapters($text: String, $country: String, $limit: Int, $offset: Int) {
       chapters(query: $text, country: $country, limit: $limit, offset: $offset) { total items { ${CHAPTER} } }
     }`,
    { text, country: country || null, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE },
  );
  return found;
}

/** One chapter and the others of its country, or null when there is none of that key. */
export const chapter = cache(async (key: string): Promise<{ chapter: Chapter; nearby: readonly Chapter[] } | null> => {
  const { chapter: found } = await query<{ chapter: Chapter | null }>(
    `query Chapter($key: String!) { chapter(key: $key) { ${CHAPTER} } }`,
    { key },
  );
  if (found === null) return null;
  if (!found.country) return { chapter: found, nearby: [] };
  const nearby = await chapters("", found.country, 1);
  return { chapter: found, nearby: nearby.items.filter((other) => other.key !== found.key) };
});

/** The keys of everything that has a page of its own. */
export async function keys(): Promise<{ projects: readonly string[]; chapters: readonly string[] }> {
  const [projects, chapters] = await Promise.all([keysOf("projects"), keysOf("chapters")]);
  return { projects, chapters };
}

async function keysOf(list: "projects" | "chapters"): Promise<readonly string[]> {
  const found: string[] = [];
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await query<Record<typeof list, Page<{ key: string }>>>(
      `query Keys($offset: Int) { ${list}(limit: 100, offset: $offset) { total items { key } } }`,
      { offset: found.length },
    );
    found.push(...answer[list].items.map(({ key }) => key));
    if (answer[list].items.length === 0 || found.length >= answer[list].total) break;
  }
  return found;
}

/** When the list of chapters was taken from OWASP's, as year and month: "2025-01". */
export const chaptersAsOf = cache(async (): Promise<string> => {
  const { stats } = await query<{ stats: { chaptersAsOf: string } }>("{ stats { chaptersAsOf } }");
  return stats.chaptersAsOf;
});

export interface CountryCount {
  readonly country: string;
  readonly chapters: number;
}

const COUNTRIES_FRESH_MS = 5 * 60_000;
let countriesSeen: { at: number; counts: readonly CountryCount[] } | null = null;

/**
 * The countries that have a chapter, by name. The backend has no such list, so it is counted
 * from the chapters and kept for five minutes.
 */
export async function countries(): Promise<readonly CountryCount[]> {
  if (countriesSeen !== null && Date.now() - countriesSeen.at < COUNTRIES_FRESH_MS) return countriesSeen.counts;
  const counts = new Map<string, number>();
  let offset = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { chapters: found } = await query<{ chapters: Page<{ country: string }> }>(
      `query Countries($offset: Int) { chapters(limit: 100, offset: $offset) { total items { country } } }`,
      { offset },
    );
    for (const { country } of found.items) if (country) counts.set(country, (counts.get(country) ?? 0) + 1);
    offset += found.items.length;
    if (found.items.length === 0 || offset >= found.total) break;
  }
  const sorted = [...counts]
    .map(([country, number]) => ({ country, chapters: number }))
    .sort((a, b) => a.country.localeCompare(b.country, "en"));
  countriesSeen = { at: Date.now(), counts: sorted };
  return sorted;
}

export async function search(
  text: string,
): Promise<{ projects: readonly ProjectSummary[]; chapters: readonly Chapter[] }> {
  const answer = await query<{ search: { projects: readonly ProjectSummary[]; chapters: readonly Chapter[] } }>(
    `query Search($text: String!) {
       search(query: $text, limit: 12) { projects { ${SUMMARY} } chapters { ${CHAPTER} } }
     }`,
    { text },
  );
  return answer.search;
}
