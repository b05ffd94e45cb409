/** What went wrong, said at once; the place for it is there before. */

import { Icon } from "../ui/Icon";

export function Problem({ id, text }: { id?: string; text: string | null }) {
  return (
    <p id={id} className="verdict" role="alert">
      {text && (
        <>
          <Icon name="warning" small />
          <span>{text}</span>
        </>
      )}
    </p>
  );
}
