/** Tells the moment just before the page changes, and the one just after, both before it is seen. */

import { Component, type ReactNode } from "react";

type BeforeChangeProps = { before: () => void; after: () => void; children: ReactNode };

/** A class, because React has no hook for the moment before. */
export class BeforeChange extends Component<BeforeChangeProps> {
  override getSnapshotBeforeUpdate(): null {
    this.props.before();
    return null;
  }

  override componentDidMount(): void {
    this.props.after();
  }

  override componentDidUpdate(): void {
    this.props.after();
  }

  override render(): ReactNode {
    return this.props.children;
  }
}
