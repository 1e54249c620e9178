// A QR code as one SVG path, dark on white in both themes so that every reader takes it.
import { useMemo } from 'react';
import make from 'qrcode-generator';

export function QRCode({ text, label }: { text: string; label: string }): JSX.Element {
  const { size, path } = useMemo(() => {
    const code = make(0, 'M');
    code.addData(text);
    code.make();
    const count = code.getModuleCount();
    let made = '';
    for (let row = 0; row < count; row += 1) for (let column = 0; column < count; column += 1) if (code.isDark(row, column)) made += `M${column} ${row}h1v1h-1z`;
    return { size: count, path: made };
  }, [text]);
  return <svg className="qr" viewBox={`-4 -4 ${size + 8} ${size + 8}`} role="img" aria-label={label} shapeRendering="crispEdges"><rect x="-4" y="-4" width={size + 8} height={size + 8} fill="#fff" /><path d={path} fill="#000" /></svg>;
}
