import type { MetadataRoute } from "next";

import { keys } from "@/lib/data.ts";
import { siteUrl } from "@/lib/site.ts";

export const dynamic = "force-dynamic";

/** Every page that has content of its own; empty while the site does not know its address. */
export default async function sitemap(): Promise<MetadataRoute.Sitemap> {
  const site = siteUrl();
  if (site === null) return [];
  const { projects, chapters } = await keys();
  const paths = [
    "/",
    "/projects",
    "/chapters",
    ...projects.map((key) => `/projects/${encodeURIComponent(key)}`),
    ...chapters.map((key) => `/chapters/${encodeURIComponent(key)}`),
  ];
  return paths.map((path) => ({ url: new URL(path, site).href }));
}
