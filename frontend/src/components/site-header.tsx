import { NavLink } from "@/components/nav-link.tsx";
import { Link } from "@/components/link.tsx";
import { currentSession } from "@/lib/auth.ts";

export async function SiteHeader() {
  const session = await currentSession();
  return (
    <header className="site-header">
      <div className="wrap">
        <Link href="/" className="brand" aria-label="Nest, home page">
          <svg viewBox="0 0 32 26" width="32" height="26" fill="none" stroke="currentColor" aria-hidden="true" focusable="false">
            <path d="M3 9a13 13 0 0 0 26 0" />
            <path d="M8.5 9a7.5 7.5 0 0 0 15 0" />
            <circle cx="16" cy="8" r="3" />
          </svg>
          <span>Nest</span>
        </Link>
        <nav aria-label="Main">
          <NavLink href="/projects">Projects</NavLink>
          <NavLink href="/chapters">Chapters</NavLink>
          <NavLink href="/search">Search</NavLink>
        </nav>
        <NavLink href="/sign-in" className="account">
          {session ? (session.user?.name ?? "Account") : "Sign in"}
        </NavLink>
      </div>
    </header>
  );
}
