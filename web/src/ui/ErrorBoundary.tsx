/** Shows something in the place of children that can't be shown, instead of an empty page. */

import { Component, type ReactNode } from "react";

type ErrorBoundaryProps = { fallback: (retry: () => void) => ReactNode; children: ReactNode };

/** A class, because React has no hook for it. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  private readonly retry = (): void => this.setState({ failed: false });

  override render(): ReactNode {
    return this.state.failed ? this.props.fallback(this.retry) : this.props.children;
  }
}
