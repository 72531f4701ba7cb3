import type { SearchParam } from "./pagination.ts";

/** What Next.js gives a page: both arrive when awaited. */
export interface ListPageProps {
  readonly searchParams: Promise<Readonly<Record<string, SearchParam>>>;
}

export interface KeyPageProps {
  readonly params: Promise<{ readonly key: string }>;
}

/** Longer than any key; the backend refuses texts above 200 characters. */
const MAX_KEY_LENGTH = 100;

/** The key in an address, decoded; "" for what cannot be one. */
export function decodeKey(key: string): string {
  try {
    const decoded = decodeURIComponent(key);
    return decoded.length <= MAX_KEY_LENGTH && !/\p{Cc}/u.test(decoded) ? decoded : "";
  } catch {
    return "";
  }
}
