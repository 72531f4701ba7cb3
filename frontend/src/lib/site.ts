/** The site's own address, and what every page says of itself to those who link to it. */

import type { Metadata } from "next";

import { type Environment, setting } from "./config.ts";

export const SITE_NAME = "Nest";

/** The public address, from NEXTAUTH_URL; null while it is not set, so that no wrong one is told. */
export function siteUrl(env: Environment = process.env): URL | null {
  const value = setting(env, "NEXTAUTH_URL");
  return value && URL.canParse(value) ? new URL(value) : null;
}

interface Described {
  readonly path: string;
  readonly title: string;
  readonly description: string;
  /** False for pages that are no content of their own: results of a search, signing in. */
  readonly indexed?: boolean;
}

/** Title, description, canonical address and Open Graph data of a page. */
export function described({ path, title, description, indexed = true }: Described): Metadata {
  return {
    title,
    description,
    alternates: { canonical: path },
    openGraph: {
      title: `${title} · ${SITE_NAME}`,
      description,
      url: path,
      siteName: SITE_NAME,
      type: "website",
      locale: "en",
      images: [{ url: "/og.png", width: 1200, height: 630, alt: "Nest: OWASP projects and chapters" }],
    },
    ...(indexed ? {} : { robots: { index: false, follow: true } }),
  };
}

/** A path with the parts of a list that change what it shows, in one order, the first page without a number. */
export function listPath(path: string, filters: Readonly<Record<string, string>>, page: number): string {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== ""));
  query.sort();
  if (page > 1) query.set("page", String(page));
  return query.size > 0 ? `${path}?${query}` : path;
}
