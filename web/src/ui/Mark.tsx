/** The logo. */

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect className="mark-ground" width="32" height="32" rx="10" />
      <path
        className="mark-flame"
        d="M16.6 5.5c.9 3.6 6.4 5.7 6.4 11.6a7 7 0 0 1-14 .1c0-2.9 1.5-4.6 2.6-6.5.5 1.4 1.2 2.3 2.1 2.8.1-3 .9-5.8 2.9-8z"
      />
      <path
        className="mark-ground"
        d="M16.1 15.1c.5 1.7 3 2.5 3 5.2a3.1 3.1 0 0 1-6.2 0c0-1.3.6-2.1 1.2-2.9.3.6.6 1 1 1.2 0-1.3.3-2.5 1-3.5z"
      />
    </svg>
  );
}
