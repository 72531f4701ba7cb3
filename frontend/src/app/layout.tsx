import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import { SiteHeader } from "@/components/site-header.tsx";

import { siteUrl } from "@/lib/site.ts";

import "./globals.css";

/** Nothing is rendered at build time: every page shows what the backend answers now. */
export const dynamic = "force-dynamic";

export function generateMetadata(): Metadata {
  return {
    metadataBase: siteUrl(),
    title: { default: "Nest: OWASP projects and chapters", template: "%s · Nest" },
    description: "Find OWASP projects by what they do and OWASP chapters by where they meet.",
    icons: { icon: [{ url: "/icon.svg", type: "image/svg+xml" }, { url: "/favicon.ico", sizes: "32x32" }] },
    formatDetection: { telephone: false },
  };
}

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f4f6f3" },
    { media: "(prefers-color-scheme: dark)", color: "#0d1513" },
  ],
};

const release = process.env["NEST_RELEASE"];

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <link rel="preload" href="/fonts/atkinson-next-5-latin.woff2" as="font" type="font/woff2" crossOrigin="anonymous" />
        <link rel="stylesheet" href="/fonts.css" />
      </head>
      <body>
        <a className="skip" href="#content">
          Skip to content
        </a>
        <SiteHeader />
        <main id="content" tabIndex={-1}>
          {children}
        </main>
        <footer className="site-footer">
          <div className="wrap">
            <p>
              <strong>Nest</strong> lists public facts about OWASP projects and chapters. Their own pages are at{" "}
              <a href="https://owasp.org">owasp.org</a>.
            </p>
            {release && <p className="release">Release {release}</p>}
          </div>
        </footer>
      </body>
    </html>
  );
}
