import type { Metadata } from "next";

import { Link } from "@/components/link.tsx";
import { SearchForm } from "@/components/search-form.tsx";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <div className="wrap page narrow">
      <p className="kicker">404</p>
      <h1>There is no such page</h1>
      <p className="lede">The address may be mistyped, or the project or chapter may have been renamed or retired.</p>
      <SearchForm label="Search for it" />
      <p>
        Or look through <Link href="/projects">all projects</Link> and <Link href="/chapters">all chapters</Link>.
      </p>
    </div>
  );
}
