import type { JournalEvent } from '../../journal/events.js';
import { rules } from '../../verdict/rules/index.js';
import { sequenceRules } from '../../verdict/sequence.js';
import type { Finding } from '../../verdict/types.js';
import type { ExcerptLine, FindingDetail } from './data.js';
import { eventSays } from './event-text.js';
import type { Identities } from './identities.js';

/** Events named by one finding that are shown with what stands around them; the rest is counted. */
const mostNamed = 8;
const around = 2;

const titles: ReadonlyMap<string, string> = new Map([...rules, ...sequenceRules].map(({ id, title }) => [id, title]));

export function ruleTitle(rule: string): string {
  return titles.get(rule) ?? rule;
}

/** A finding with the journal's lines it rests on, and those around them. */
export function findingDetail(finding: Finding, events: readonly JournalEvent[], identities: Identities): FindingDetail {
  const { rule, requirement, owner, text, expected, seen, events: numbers } = finding;
  const places = numbers.map((number) => events.findIndex(({ n }) => n === number)).filter((place) => place >= 0);
  const named = new Set(places.slice(0, mostNamed));
  return {
    rule,
    title: ruleTitle(rule),
    requirement,
    owner,
    text: identities.mask(text),
    expected: identities.mask(expected),
    seen: identities.mask(seen),
    lines: linesAround(events, named, identities),
    more: numbers.length - named.size,
  };
}

function linesAround(events: readonly JournalEvent[], named: ReadonlySet<number>, identities: Identities): ExcerptLine[] {
  const zero = events[0]?.t ?? 0;
  const chosen = new Set<number>();
  for (const place of named) for (let index = place - around; index <= place + around; index += 1) chosen.add(index);
  let last = -1;
  return [...chosen]
    .sort((a, b) => a - b)
    .flatMap((index): ExcerptLine[] => {
      const event = events[index];
      if (event === undefined) return [];
      const gap = index > last + 1;
      last = index;
      const { n, t, type } = event;
      return [{ n, t: Math.round((t - zero) * 10) / 10, type, text: eventSays(event, identities), named: named.has(index), gap }];
    });
}
