/** Calls `before` just before React changes its children's DOM, and `after` before that is painted. */

import { Component, type ReactNode } from "react";

type AroundUpdateProps = { before: () => void; after: () => void; children: ReactNode };

/** A class, because React has no hook for the moment before. */
export class AroundUpdate extends Component<AroundUpdateProps> {
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
