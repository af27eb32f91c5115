import type { Limits, Remote } from '../behaviour.js';

/** Limits of the guide for EC25/EC21. */
export const LIMITS: Limits = {
  url: 255,
  user: 50,
  password: 50,
  host: 50,
  path: 50,
  localPath: 128,
  lowestPort: 1,
  highestPort: 65535,
  ftpPort: 21,
  httpPort: 80,
  otherPaths: false,
  longerPaths: false,
};

/** Where `AT+QFOTADL` is to take the package from. */
export type FotaSource = { readonly kind: 'local'; readonly storage: 'UFS' | 'SD'; readonly name: string } | Remote;

/** Reads the parameter of `AT+QFOTADL`, one character a byte; undefined when it is refused. */
export function parseFotaSource(text: string, limits: Limits): FotaSource | undefined {
  const local = (
    limits.otherPaths
      ? /^(\/.*\/)([^/\0]+)$/
      : limits.longerPaths
        ? /^(\/data\/ufs\/|\/media\/card\/)(?:[^\0]*\/)?([^/\0]+)$/
        : /^(\/data\/ufs\/|\/media\/card\/)([^/\0]+)$/
  ).exec(text);
  if (local !== null) {
    if (text.length > limits.localPath) return undefined;
    return { kind: 'local', storage: local[1] === '/media/card/' ? 'SD' : 'UFS', name: local[2] ?? '' };
  }
  if (text.length > limits.url) return undefined;
  const scheme = /^(ftp|http):\/\//i.exec(text)?.[1]?.toLowerCase();
  const rest = text.slice(text.indexOf('://') + 3);
  const slash = rest.indexOf('/');
  if (scheme === undefined || slash < 0) return undefined;
  const [authority, path] = [rest.slice(0, slash), rest.slice(slash + 1)];
  if (path === '') return undefined;
  const at = authority.lastIndexOf('@');
  const place = /^([^:@\s]+)(?::(\d{1,5}))?$/.exec(authority.slice(at + 1));
  if (place === null) return undefined;
  const [host, port] = [
    place[1] ?? '',
    place[2] === undefined ? (scheme === 'ftp' ? limits.ftpPort : limits.httpPort) : Number(place[2]),
  ];
  if (port < limits.lowestPort || port > limits.highestPort) return undefined;
  if (scheme === 'http') return at >= 0 ? undefined : { kind: 'http', user: '', password: '', host, port, path };
  const login = /^([^:]+):(.+)$/.exec(authority.slice(0, Math.max(0, at)));
  if (login === null) return undefined;
  const [user, password] = [login[1] ?? '', login[2] ?? ''];
  const parts = { user, password, host, path };
  if ((Object.keys(parts) as (keyof typeof parts)[]).some((part) => parts[part].length > limits[part])) return undefined;
  return { kind: 'ftp', user, password, host, port, path };
}
