import type { Pagination } from "@/lib/pagination.ts";

/** "25–48 of 130 projects". */
export function CountLine({ pagination, one, many }: { pagination: Pagination; one: string; many: string }) {
  const { first, last, total } = pagination;
  const noun = total === 1 ? one : many;
  return (
    <p className="count" role="status">
      {total === 0 || first === 0 ? `${total} ${noun}` : `${first}–${last} of ${total} ${noun}`}
    </p>
  );
}
