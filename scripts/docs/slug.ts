/** Anchors of headings, as GitHub makes them. The site uses the same function, so a link to an anchor works in both places. @module */

export function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}
