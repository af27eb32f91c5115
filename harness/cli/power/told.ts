import type { RigFault } from '../../base/errors.js';
import type { StatusSeen } from './actions.js';
import type { Moved, SwitchTold } from './switch-rig.js';

/** What was done, a line each, and the faults, which belong on the standard error. */
export function asText({ actions, remarks }: SwitchTold): { readonly out: string; readonly errors: string } {
  const lines = actions.flatMap(({ action, did, status }) => [
    ...did.map(moveText),
    ...(did.length === 0 && action !== 'status' ? ['nothing to do'] : []),
    ...(status === undefined ? [] : statusText(status)),
  ]);
  const faults = actions.flatMap(({ fault }) => (fault === undefined ? [] : [fault.explain()]));
  return { out: lines.map((line) => `${line}\n`).join(''), errors: [...faults, ...remarks].map((line) => `${line}\n`).join('') };
}

/** One object: `status` is that of the last action. */
export function asJson({ rig, kind, actions, remarks, exit }: SwitchTold): string {
  const told = {
    rig,
    kind,
    actions: actions.map(({ action, did, status, fault }) => ({
      action,
      did,
      ...(status === undefined ? {} : { status: level(status), ...times(status) }),
      ...(fault === undefined ? {} : { fault: parts(fault) }),
    })),
    status: level(actions.at(-1)?.status),
    remarks,
    exit,
  };
  return `${JSON.stringify(told, undefined, 2)}\n`;
}

const names: Readonly<Record<Moved['wire'], string>> = { supply: 'supply', vbus: 'VBUS', powerKey: 'PWRKEY', reset: 'RESET_N' };

export function moveText({ wire, action, ms, took, error }: Moved): string {
  const what = action === 'press' ? `${names[wire]} pulse of ${String(ms ?? 0)} ms` : `${names[wire]} ${action}`;
  return error === undefined
    ? `${what}${took === undefined || action === 'press' ? '' : ` (${String(took)} ms)`}`
    : `${what}: failed`;
}

export function statusText(status: StatusSeen): string[] {
  const { after, fellAfter } = status;
  const lines = fellAfter === undefined ? [] : [`STATUS low after ${String(fellAfter)} ms`];
  if (status.high === undefined) return [...lines, 'STATUS is not wired'];
  return [...lines, `STATUS ${level(status)}${after === undefined ? '' : ` after ${String(after)} ms`}`];
}

function level(status: StatusSeen | undefined): 'high' | 'low' | 'unknown' {
  if (status?.high === undefined) return 'unknown';
  return status.high ? 'high' : 'low';
}

function times({ after, fellAfter }: StatusSeen): object {
  return { ...(after === undefined ? {} : { after }), ...(fellAfter === undefined ? {} : { fellAfter }) };
}

function parts(fault: RigFault): object {
  const { asked, seen, hint } = fault.explanation;
  return {
    what: fault.message,
    ...(asked === undefined ? {} : { asked }),
    ...(seen === undefined ? {} : { seen }),
    ...(hint === undefined ? {} : { hint }),
  };
}
