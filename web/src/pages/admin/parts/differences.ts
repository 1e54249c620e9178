// What changed between two values of an audit record, field by field.

export interface Difference { field: string; before: string; after: string }

function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) flatten(inner, path ? `${path}.${name}` : name, into);
  } else if (value !== undefined) {
    into.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  }
}

/** Fields that change with every write and say nothing. */
const noise = new Set(['updatedAt', 'version']);

/** Absent and null read as empty. Fields stand in the order of the newer value, then those that are gone. */
export function differencesOf(before: unknown, after: unknown): Difference[] {
  const old = new Map<string, string>();
  const now = new Map<string, string>();
  flatten(before, '', old);
  flatten(after, '', now);
  const text = (value: string | undefined): string => (value === undefined || value === 'null' ? '' : value);
  return [...new Set([...now.keys(), ...old.keys()])]
    .filter((field) => !noise.has(field.split('.').pop() ?? '') && text(old.get(field)) !== text(now.get(field)))
    .map((field) => ({ field, before: text(old.get(field)), after: text(now.get(field)) }));
}
