/** The `key=value` lines of META-INF/com/android/metadata; what is no such line is left out. */
export function parseMetadata(text: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const equals = line.indexOf('=');
    const key = line.slice(0, Math.max(0, equals)).trim();
    if (key !== '' && !values.has(key)) values.set(key, line.slice(equals + 1).trim());
  }
  return Object.fromEntries(values);
}

export const metadataName = 'META-INF/com/android/metadata';
export const updaterScriptName = 'META-INF/com/google/android/updater-script';
