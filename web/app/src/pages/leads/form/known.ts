import type { KnownPerson } from "@/data/leads";

/** What the form says beside addresses. */
export interface Told {
  /** Pasted; of one person. */
  text: string;
  /** Public pages, one a line. */
  pages: string;
  /** Of a table. */
  people: readonly KnownPerson[];
}

export const NOTHING_TOLD: Told = { text: "", pages: "", people: [] };

/** What is known of each person. A pasted text says who somebody is: of several people it could only be true of one. */
export function knownOf({ text, pages, people }: Told, urls: readonly string[]): KnownPerson[] {
  const listed = new Map(people.map((person) => [person.linkedinUrl, person]));
  const named = pages.split(/\s+/).filter(Boolean);
  return urls.flatMap((linkedinUrl) => {
    const known: KnownPerson = {
      linkedinUrl,
      ...(listed.get(linkedinUrl)?.facts ? { facts: listed.get(linkedinUrl)?.facts } : {}),
      ...(text.trim() && urls.length === 1 ? { text } : {}),
      ...(named.length > 0 ? { pages: named } : {}),
    } as KnownPerson;
    return Object.keys(known).length > 1 ? [known] : [];
  });
}
