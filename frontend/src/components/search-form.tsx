/** A plain form: it works before any script has been loaded. */
export function SearchForm({ text = "", label = "Search projects and chapters" }: { text?: string; label?: string }) {
  return (
    <form className="search" role="search" action="/search" method="get">
      <label htmlFor="search-text">{label}</label>
      <div className="search-row">
        <input
          id="search-text"
          name="q"
          type="search"
          defaultValue={text}
          maxLength={100}
          placeholder="threat modelling, Nairobi, web testing guide …"
          autoComplete="off"
          enterKeyHint="search"
        />
        <button type="submit">Search</button>
      </div>
    </form>
  );
}
