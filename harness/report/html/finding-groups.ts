import type { Owner } from '../../journal/events.js';
import type { Finding, Judgement } from '../../verdict/types.js';
import type { FindingGroup } from './data.js';
import { ruleTitle } from './excerpt.js';
import type { Identities } from './identities.js';

/** The page names so many upgrades of a group; the count has all of them. */
const most = 500;
const weight: readonly Owner[] = ['firmware', 'package', 'rig', 'harness', 'network', 'undecided'];

interface Group {
  readonly finding: Finding;
  readonly decides: boolean;
  readonly upgrades: number[];
  count: number;
  test: number | undefined;
}

/** What was found, gathered by owner, rule and requirement, so that a bad night is a few lines and not a thousand. */
export class FindingGroups {
  readonly #groups: Map<string, Group>;

  constructor(
    private readonly identities: Identities,
    groups: Iterable<readonly [string, Group]> = [],
  ) {
    this.#groups = new Map(groups);
  }

  /** To add what only a report knows, while more is still gathered here. */
  copy(): FindingGroups {
    const groups = [...this.#groups].map(([key, group]): [string, Group] => [key, { ...group, upgrades: [...group.upgrades] }]);
    return new FindingGroups(this.identities, groups);
  }

  take({ result, findings }: Judgement, upgrade: number): void {
    for (const finding of findings) this.#add(finding, decides(result, finding.owner), upgrade, undefined);
  }

  /** A test that failed by an expectation of its own: no rule has the say. */
  addTest(text: string, requirement: string, test: number, upgrade: number | undefined): void {
    const finding: Finding = {
      rule: 'suite.expectation',
      requirement,
      owner: 'firmware',
      text,
      expected: '',
      seen: '',
      events: [],
    };
    this.#add(finding, true, upgrade, test);
  }

  rows(): readonly FindingGroup[] {
    return [...this.#groups.values()]
      .map(({ finding, decides: decisive, upgrades, count, test }) => ({
        owner: finding.owner,
        rule: finding.rule,
        title: finding.rule === 'suite.expectation' ? 'An expectation of the test itself' : ruleTitle(finding.rule),
        requirement: finding.requirement,
        text: this.identities.mask(finding.text),
        count,
        decides: decisive,
        upgrades,
        test,
      }))
      .sort(
        (a, b) => Number(b.decides) - Number(a.decides) || weight.indexOf(a.owner) - weight.indexOf(b.owner) || b.count - a.count,
      );
  }

  #add(finding: Finding, decisive: boolean, upgrade: number | undefined, test: number | undefined): void {
    const own = finding.rule === 'suite.expectation' ? finding.text : '';
    const key = JSON.stringify([finding.owner, finding.rule, finding.requirement, decisive, own]);
    const group = this.#groups.get(key) ?? { finding, decides: decisive, upgrades: [], count: 0, test };
    this.#groups.set(key, group);
    group.count += 1;
    if (upgrade !== undefined && group.upgrades.length < most && group.upgrades.at(-1) !== upgrade) group.upgrades.push(upgrade);
  }
}

function decides(result: Judgement['result'], owner: Owner): boolean {
  if (owner === 'firmware' || owner === 'package') return result === 'fail';
  return owner === 'undecided' ? result === 'inconclusive' : result === 'invalid';
}
