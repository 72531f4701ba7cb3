/**
 * An address from the data as a link's target, or null when it is not a web address:
 * data must not be able to put `javascript:` behind a link.
 */
export function webAddress(value: string | null | undefined): URL | null {
  if (!value || !URL.canParse(value)) return null;
  const url = new URL(value);
  return url.protocol === "https:" || url.protocol === "http:" ? url : null;
}
