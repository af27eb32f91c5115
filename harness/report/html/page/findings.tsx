import type { FindingGroup } from '../data.js';
import { useDetail, Finding } from './excerpt.js';
import { plural } from './format.js';
import { Badge } from './marks.js';
import { Pager } from './table.js';
import { upgradeHref, useKept } from './router.js';
import { data, requirementText } from './store.js';
import { GroupLink } from './summary.js';

const opened = 6;
const most = 24;

/** What was found, gathered; of each the first in full, and the way to all of them. */
export function Findings() {
  const decisive = data.groups.filter(({ decides }) => decides);
  const others = data.groups.filter(({ decides }) => !decides);
  return (
    <>
      {decisive.length === 0 ? <p class="quiet">No finding decided a verdict.</p> : null}
      {decisive.map((group, index) => (
        <Group key={keyOf(group)} group={group} open={index < opened} />
      ))}
      {others.length === 0 ? null : (
        <>
          <h3>Findings that decided nothing</h3>
          <p class="quiet">In doubt, or beside something that weighs more.</p>
          {others.map((group) => (
            <Group key={keyOf(group)} group={group} open={false} />
          ))}
        </>
      )}
    </>
  );
}

const keyOf = ({ owner, rule, requirement, text, decides }: FindingGroup): string =>
  [owner, rule, requirement, String(decides), text].join('|');

function Group({ group, open }: { readonly group: FindingGroup; readonly open: boolean }) {
  const [isOpen, setOpen] = useKept(`group ${keyOf(group)}`, open);
  return (
    <details
      class="group"
      open={isOpen}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>
        <Badge name={group.owner} /> <span class="mono">{group.requirement}</span> {group.text}{' '}
        <span class="sub">
          {plural(group.count, 'time')} · {group.rule}
        </span>
      </summary>
      {isOpen ? <Inside group={group} /> : null}
    </details>
  );
}

function Inside({ group }: { readonly group: FindingGroup }) {
  const [page, setPage] = useKept(`page ${keyOf(group)}`, 0);
  const detail = useDetail(group.upgrades[0]);
  const finding = detail?.findings.find(({ rule, requirement }) => rule === group.rule && requirement === group.requirement);
  const shown = group.upgrades.slice(page * most, (page + 1) * most);
  return (
    <>
      {group.upgrades.length === 0 ? (
        <p>
          <GroupLink group={group} />
        </p>
      ) : (
        <div class="where">
          <ul class="links" aria-label="Upgrades with this finding">
            {shown.map((upgrade) => (
              <li key={upgrade}>
                <a href={upgradeHref(upgrade)}>
                  {data.upgrades.id[upgrade]} <span class="sub">{data.upgrades.ending[upgrade]}</span>
                </a>
              </li>
            ))}
          </ul>
          <Pager page={page} pages={Math.ceil(group.upgrades.length / most)} of="upgrades with this finding" turn={setPage} />
        </div>
      )}
      {finding === undefined || detail === undefined ? (
        <p class="quiet">
          {group.title}. {requirementText(group.requirement)}
        </p>
      ) : (
        <>
          <h3>The first of them, {detail.id}</h3>
          <Finding finding={finding} timed={detail.timeline.timed} />
        </>
      )}
    </>
  );
}
