// Follows the versions of a seat map (docs/specification.md §2.5, §10): tells what to apply, and when something is missing.

export interface ChangeMessage { version: number; count?: number }

/** What a message means for the map. */
export type Verdict =
  /** Older than what is shown. */
  | 'known'
  /** The next change: show it. */
  | 'next'
  /** Something before it is missing: show it, and ask what changed since `version`. */
  | 'gap';

/** Each version comes in `count` messages; the next one may begin only when all of the last were seen. */
export class VersionFollower {
  /** Everything up to it is shown. */
  version = 0;
  /** The highest that anybody has named. */
  latest = 0;
  #partial: { version: number; left: number } | undefined;

  /** True while something is known to be missing. */
  get isBehind(): boolean { return this.latest > this.version; }

  /** Whether a snapshot is newer than what is shown: messages may have overtaken it. */
  snapshot(version: number): boolean {
    if (version < this.version) return false;
    this.version = version;
    this.latest = Math.max(this.latest, version);
    if (this.#partial && this.#partial.version <= version) this.#partial = undefined;
    return true;
  }

  message({ version, count = 1 }: ChangeMessage): Verdict {
    if (version <= this.version) return 'known';
    this.latest = Math.max(this.latest, version);
    if (version !== this.version + 1) return 'gap';
    if (this.#partial?.version !== version) this.#partial = { version, left: count };
    this.#partial.left -= 1;
    if (this.#partial.left <= 0) {
      this.version = version;
      this.#partial = undefined;
    }
    return 'next';
  }

  /** A new connection names the version of the server. True when this map is not at it. */
  joined(version: number | undefined): boolean {
    if (version === undefined) return true;
    this.latest = Math.max(this.latest, version);
    return version !== this.version;
  }
}
