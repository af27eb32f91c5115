const command = /^AT(?:$|[+&^$%*#][A-Z]|[A-Z]\d*\s*$|D[\d*#+]|S\d+[=?])/i;

/** AT, ATI, ATE0, AT+…, AT&F and their like. */
export function isCommand(line: string): boolean {
  return command.test(line);
}

/** Lines that say nothing of an upgrade, yet are known: answers, echoes, other URCs. */
const known: readonly RegExp[] = [
  /^(?:OK|ERROR|CONNECT|NO CARRIER|BUSY|NO ANSWER|ABORTED)$/,
  command,
  /^[+^][A-Z][A-Z0-9 _-]{1,30}(?:$|:|\s)/i,
  /^Quectel$/i,
  /^(?:E[CGMP]\d\d|BG\d\d|RM\d{3}|RG\d{3}|BC\d\d)[A-Z0-9-]*$/i,
  /^Revision:\s*\S+$/i,
  /^SubEdition:\s*\S+$/i,
  /^[A-Z0-9]{4,12}R\d\dA\d\d[A-Z0-9_.]*$/i,
  /^\d{14,20}F?$/,
  // Acknowledgements of an upload in ack mode.
  /^A{1,4096}$/,
];

/** What a report of the upgrade begins with: a line that ends within it has lost the rest, and may have been any of them. */
const head = '+QIND: "FOTA",';

export function isUnderstood(line: string): boolean {
  return known.some((pattern) => pattern.test(line)) && !isStump(line);
}

function isStump(line: string): boolean {
  const openQuote = /^[+^]/.test(line) && line.split('"').length % 2 === 0;
  return openQuote || head.startsWith(line.toUpperCase());
}
