import type { Identity } from '../../journal/events.js';

const bareLine = /^[A-Za-z0-9][A-Za-z0-9._-]{5,60}$/;

/** What the answer to a command says of the unit; undefined when it says nothing, or the command asks for something else. */
export function identityIn(command: string, lines: readonly string[]): Identity | undefined {
  const field = (pattern: RegExp): string | undefined =>
    lines.map((line) => pattern.exec(line)?.[1]?.trim()).find((value) => value !== undefined && value !== '');
  const named = (key: keyof Identity, value: string | undefined): Identity | undefined =>
    value === undefined ? undefined : { [key]: value };
  switch (command.trim().toUpperCase()) {
    case 'ATI':
      return named('revision', field(/^Revision:\s*(\S+)/i) ?? revisionAmong(lines));
    case 'AT+GMR':
    case 'AT+CGMR':
      return named('revision', revisionAmong(lines));
    case 'AT+QGMR': {
      const qgmr = revisionAmong(lines);
      return qgmr === undefined ? undefined : { qgmr, revision: qgmr.replace(/_.*$/, '') };
    }
    case 'AT+CSUB':
      return named('subEdition', field(/^SubEdition:\s*(\S+)/i));
    case 'AT+CGSN':
    case 'AT+GSN':
      return named('imei', field(/^(\d{15})$/));
    case 'AT+QCCID':
      return named('iccid', field(/^\+QCCID:\s*(\S+)/i));
    case 'AT+CPIN?':
      return named('sim', field(/^\+CPIN:\s*(.+)$/i));
    case 'AT+CREG?':
      return named('registration', field(/^\+CREG:\s*\d+\s*,\s*(\d+)/i));
    case 'AT+CEREG?':
      return named('epsRegistration', field(/^\+CEREG:\s*\d+\s*,\s*(\d+)/i));
    case 'AT+CFUN?':
      return named('cfun', field(/^\+CFUN:\s*(\d+)/i));
    default:
      return undefined;
  }
}

/** The last bare word that is neither the vendor nor the model: with or without `Revision:` in front of it, models differ. */
function revisionAmong(lines: readonly string[]): string | undefined {
  return lines
    .map((line) => line.replace(/^Revision:\s*/i, '').trim())
    .findLast((line) => bareLine.test(line) && /\d/.test(line) && !/^\d+$/.test(line));
}
