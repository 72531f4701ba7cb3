import { Link } from "@/components/link.tsx";
import { type Pagination, pageHref } from "@/lib/pagination.ts";

interface Props {
  readonly path: string;
  readonly filters: Readonly<Record<string, string>>;
  readonly pagination: Pagination;
}

export function Pager({ path, filters, pagination }: Props) {
  const { page, pages, window } = pagination;
  if (pages <= 1) return null;
  return (
    <nav className="pager" aria-label="Pages">
      {page > 1 ? (
        <Link rel="prev" href={pageHref(path, filters, Math.min(page - 1, pages))}>
          Previous
        </Link>
      ) : (
        <span aria-hidden="true">Previous</span>
      )}
      <ol>
        {window.map((number, index) => (
          <li key={number ?? `gap-${index}`}>
            {number === null ? (
              <span aria-hidden="true">…</span>
            ) : (
              <Link href={pageHref(path, filters, number)} aria-current={number === page ? "page" : undefined}>
                <span className="visually-hidden">Page </span>
                {number}
              </Link>
            )}
          </li>
        ))}
      </ol>
      {page < pages ? (
        <Link rel="next" href={pageHref(path, filters, page + 1)}>
          Next
        </Link>
      ) : (
        <span aria-hidden="true">Next</span>
      )}
    </nav>
  );
}
