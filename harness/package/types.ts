/** What a look into a delta package shows. */
export interface PackageReport {
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  readonly entries: readonly {
    readonly name: string;
    readonly size: number;
    readonly compressedSize: number;
    readonly crc32: string;
  }[];
  /** META-INF/com/android/metadata, when there is any. */
  readonly metadata: Readonly<Record<string, string>> | undefined;
  readonly preBuild: string | undefined;
  readonly postBuild: string | undefined;
  /** Pair of versions that the file's name carries, when it carries one. */
  readonly nameVersions: { readonly from: string; readonly to: string } | undefined;
  readonly warnings: readonly { readonly code: string; readonly text: string }[];
}
