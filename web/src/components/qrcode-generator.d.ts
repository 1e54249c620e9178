/** The part of qrcode-generator 1.4 that the app uses. */
interface Code {
  addData(text: string): void;
  make(): void;
  getModuleCount(): number;
  isDark(row: number, column: number): boolean;
}

/** Version 0 picks the smallest that fits. */
export default function make(version: number, correction: 'L' | 'M' | 'Q' | 'H'): Code;
