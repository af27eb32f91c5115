/**
 * Whether `token` (a revision, or a short name such as `v12` or `R01A13M4G` out of a package's name) stands for `revision`.
 * Only what is sure counts: `v12` stands for `…A12M…` and `…A12V05M…`.
 */
export function namesRevision(token: string, revision: string): boolean {
  const [short, whole] = [token.trim().toUpperCase(), revision.trim().toUpperCase()];
  if (short === '' || whole === '') return false;
  if (short === whole) return true;
  const number = /^(?:V|A)0*(\d{1,3})$/.exec(short)?.[1];
  if (number !== undefined) return new RegExp(`A0*${number}(?:V\\d+)?M\\d`).test(whole);
  return /^R\d+A\d+/.test(short) && withoutSub(whole).endsWith(withoutSub(short));
}

/** `EG18EAPAR01A08V05M4G` and `EG18EAPAR01A08M4G` are the same revision, the first with its sub-edition. */
function withoutSub(revision: string): string {
  return revision.replace(/(A\d+)V\d+(M)/, '$1$2');
}

/** The pair of versions that a package's name carries: `update-v12-to-v13.zip`, `…R01A08M4G-R01A13M4G…`. */
export function versionsInName(name: string): { readonly from: string; readonly to: string } | undefined {
  const file = name.slice(name.lastIndexOf('/') + 1);
  const spoken = /(?:^|[^a-z0-9])([va]\d{1,3})[-_]?to[-_]?([va]\d{1,3})(?![0-9])/i.exec(file);
  const listed = /([A-Z0-9]*R\d+A\d+(?:V\d+)?M\d+G)[-_]([A-Z0-9]*R\d+A\d+(?:V\d+)?M\d+G)/i.exec(file);
  const found = spoken ?? listed;
  const [, from, to] = found ?? [];
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** A name that `namesRevision` can compare; another (`old`, `release`) says nothing without its pair. */
export function isVersionName(name: string): boolean {
  return /^[VA]\d{1,3}$|R\d+A\d+/i.test(name.trim());
}
