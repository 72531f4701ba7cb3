import type { SearchParam } from "./pagination.ts";

/** What Next.js gives a page: both arrive when awaited. */
export interface ListPageProps {
  readonly searchParams: Promise<Readonly<Record<string, SearchParam>>>;
}

export interface KeyPageProps {
  readonly params: Promise<{ readonly key: string }>;
}

/** The key in an address, decoded; "" when its percent-encoding is broken. */
export function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return "";
  }
}
