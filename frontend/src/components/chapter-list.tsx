import { Link } from "@/components/link.tsx";
import type { Chapter } from "@/lib/data.ts";

interface Props {
  readonly chapters: readonly Chapter[];
  readonly heading?: "h2" | "h3";
}

export function ChapterList({ chapters, heading: Heading = "h3" }: Props) {
  return (
    <ul className="places">
      {chapters.map((chapter) => (
        <li key={chapter.key}>
          <Heading className="entry-name">
            <Link href={`/chapters/${encodeURIComponent(chapter.key)}`}>{chapter.name}</Link>
          </Heading>
          <p>{placeOf(chapter)}</p>
        </li>
      ))}
    </ul>
  );
}

/** "Kenya, Africa": what is known of country and region, each once. */
export function placeOf(chapter: Pick<Chapter, "country" | "region">): string {
  return [...new Set([chapter.country, chapter.region])].filter(Boolean).join(", ");
}
