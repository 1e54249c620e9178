// TossPayments' payment widget (SDK v2), loaded from Toss's host at the moment of paying and only then.
interface Widgets {
  setAmount(amount: { currency: 'KRW'; value: number }): Promise<void>;
  renderPaymentMethods(options: { selector: string; variantKey?: string }): Promise<unknown>;
  renderAgreement(options: { selector: string; variantKey?: string }): Promise<unknown>;
  requestPayment(options: {
    orderId: string; orderName: string; successUrl: string; failUrl: string; customerEmail?: string; customerName?: string;
  }): Promise<void>;
}

declare global {
  interface Window { TossPayments?: (clientKey: string) => { widgets(options: { customerKey: string }): Widgets } }
}

const source = 'https://js.tosspayments.com/v2/standard';
let loading: Promise<void> | null = null;

function load(): Promise<void> {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = source;
    script.onload = () => resolve();
    script.onerror = () => { loading = null; script.remove(); reject(new Error('The payment script did not load')); };
    document.head.append(script);
  });
  return loading;
}

export interface TossWidget { pay: Widgets['requestPayment'] }

export async function mountToss(clientKey: string, customerKey: string, amount: number, methods: string, agreement: string): Promise<TossWidget> {
  await load();
  if (!window.TossPayments) throw new Error('The payment script is not what was expected');
  const widgets = window.TossPayments(clientKey).widgets({ customerKey });
  await widgets.setAmount({ currency: 'KRW', value: amount });
  await Promise.all([widgets.renderPaymentMethods({ selector: methods, variantKey: 'DEFAULT' }), widgets.renderAgreement({ selector: agreement, variantKey: 'AGREEMENT' })]);
  return { pay: (options) => widgets.requestPayment(options) };
}
