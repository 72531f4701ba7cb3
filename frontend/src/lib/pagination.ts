/** Pages of a list, as the address bar shows them: counted from 1. */

export const PAGE_SIZE = 24;

/** The backend refuses offsets above 10,000; no list here comes near. */
const LAST_PAGE = Math.floor(10_000 / PAGE_SIZE) + 1;

export type SearchParam = string | readonly string[] | undefined;

/**
 * The one value of a query parameter, without control characters, trimmed and cut to
 * `maxLength`; "" when absent. What is left is text that a database takes.
 */
export function textParam(value: SearchParam, maxLength = 100): string {
  const first = typeof value === "string" ? value : value?.[0];
  return (first ?? "").replace(/\p{Cc}+/gu, " ").trim().slice(0, maxLength).toWellFormed();
}

/** The page asked for; 1 for anything that is not a page. */
export function pageParam(value: SearchParam): number {
  const text = textParam(value);
  const page = /^\d{1,6}$/.test(text) ? Number(text) : 1;
  return Math.min(Math.max(page, 1), LAST_PAGE);
}

export interface Pagination {
  readonly page: number;
  readonly pages: number;
  readonly total: number;
  /** Positions of the first and last item shown, from 1; both 0 when there is none. */
  readonly first: number;
  readonly last: number;
  /** Page numbers to offer, in order; null where some are left out. */
  readonly window: readonly (number | null)[];
}

/** Where `page` stands among `total` items. A page past the end shows no item. */
export function paginate(page: number, total: number, size: number = PAGE_SIZE): Pagination {
  const pages = Math.max(1, Math.ceil(total / size));
  const first = (page - 1) * size + 1;
  const shown = first <= total;
  return {
    page,
    pages,
    total,
    first: shown ? first : 0,
    last: shown ? Math.min(page * size, total) : 0,
    window: pageWindow(page, pages),
  };
}

function pageWindow(page: number, pages: number): (number | null)[] {
  const wanted = [1, page - 1, page, page + 1, pages].filter((number) => number >= 1 && number <= pages);
  const window: (number | null)[] = [];
  let before = 0;
  for (const number of [...new Set(wanted)].sort((a, b) => a - b)) {
    // A gap of one page is shown as that page: an ellipsis would take the same room.
    if (number - before === 2) window.push(number - 1);
    else if (number - before > 2) window.push(null);
    window.push(number);
    before = number;
  }
  return window;
}

/** A path with the parameters that have a value; page 1 is the path without a page. */
export function pageHref(path: string, filters: Readonly<Record<string, string>>, page = 1): string {
  const search = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== ""));
  if (page > 1) search.set("page", String(page));
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}
