import { ERROR, cme, ok } from './answer.js';
import type { Answer, Command, Param } from './answer.js';
import type { AtSession } from './at-session.js';
import { FILE_COMMANDS } from './commands-files.js';
import { INTERNET_COMMANDS } from './commands-internet.js';
import { IDENTITY_COMMANDS } from './commands-identity.js';
import { NETWORK_COMMANDS } from './commands-network.js';
import { SYSTEM_COMMANDS } from './commands-system.js';
import { FileError } from './file-store.js';

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [IDENTITY_COMMANDS, NETWORK_COMMANDS, SYSTEM_COMMANDS, FILE_COMMANDS, INTERNET_COMMANDS].flatMap((group) =>
    Object.entries(group),
  ),
);

/** Commands with a plus sign; `text` is what follows it. */
export function extendedCommand(session: AtSession, text: string): Answer {
  const found = /^([A-Za-z0-9]+)\s*(=\?|\?|=(.*))?$/s.exec(text);
  const command = COMMANDS.get(found?.[1]?.toUpperCase() ?? '');
  if (found === null || command === undefined) return ERROR;
  const form = found[2] === undefined ? 'run' : found[2] === '?' ? 'read' : found[2] === '=?' ? 'test' : 'set';
  const params = form === 'set' ? splitParams(found[3] ?? '') : [];
  if (params === undefined) return ERROR;
  try {
    return command(session, form, params);
  } catch (error) {
    if (error instanceof FileError) return cme(error.code);
    throw error;
  }
}

/** Commands without a plus sign, also several in a row: `ATE0V1`. */
export function basicCommand(session: AtSession, text: string): Answer {
  const lines: string[] = [];
  let rest = text.trim().toUpperCase();
  while (rest !== '') {
    const found = /^(?:E[01]?|I0?|V1|Q0|X\d?|Z0?|&[FWVCD]\d?|S\d+=\d+)\s*/.exec(rest);
    if (found === null) return ERROR;
    const one = found[0].trim();
    if (one.startsWith('E')) session.echo = one === 'E1';
    if (one.startsWith('I')) lines.push('Quectel', session.module.options.module, `Revision: ${session.module.revision}`);
    if (one.startsWith('Z') || one.startsWith('&F')) session.echo = true;
    rest = rest.slice(found[0].length);
  }
  return ok(...lines);
}

/** Splits at commas outside quotes; undefined when a quote is left open or text stands beside one. */
function splitParams(text: string): Param[] | undefined {
  const params: Param[] = [];
  const pattern = /\s*(?:"([^"]*)"|([^",]*?))\s*(,|$)/gsy;
  for (;;) {
    const found = pattern.exec(text);
    if (found === null) return undefined;
    params.push({ value: found[1] ?? found[2] ?? '', quoted: found[1] !== undefined });
    if (found[3] === '') return params;
  }
}
