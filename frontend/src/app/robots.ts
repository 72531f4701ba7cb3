import type { MetadataRoute } from "next";

import { siteUrl } from "@/lib/site.ts";

export const dynamic = "force-dynamic";

export default function robots(): MetadataRoute.Robots {
  const site = siteUrl();
  return {
    rules: { userAgent: "*", allow: "/", disallow: ["/api/", "/sign-in", "/search"] },
    ...(site && { sitemap: new URL("/sitemap.xml", site).href }),
  };
}
