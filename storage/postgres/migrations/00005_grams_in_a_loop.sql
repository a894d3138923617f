-- +goose Up

-- The same grams as before, by a loop: a query in a function is parsed and planned anew by each statement that writes a
-- contact, and takes four times as long to run. A gram may come more than once; the index takes each once.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION contact_grams(ws int, bucket int, t text) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  salt bigint := (ws::bigint << 38) | (bucket::bigint << 32);
  grams bigint[] := '{}';
  a bigint := 10; -- the last two characters, as if a line had just begun
  b bigint := 10;
  c bigint;
  ch text;
BEGIN
  FOREACH ch IN ARRAY string_to_array(t, NULL) LOOP
    c := ascii(ch);
    IF c <> 10 THEN
      IF NOT (c BETWEEN 97 AND 122 OR c BETWEEN 48 AND 57 OR c IN (32, 46, 64)) THEN
        grams := grams || (salt | (c * 1000003 * 1000003 % 4294967291));
      END IF;
      IF b <> 10 THEN
        grams := grams || (salt | ((b * 1000003 + c) * 1000003 % 4294967291));
        IF a <> 10 THEN
          grams := grams || (salt | (((a * 1000003 + b) * 1000003 + c) % 4294967291));
        END IF;
      END IF;
    END IF;
    a := b;
    b := c;
  END LOOP;
  RETURN grams;
END
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION contact_grams(ws int, bucket int, t text) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT (ws::bigint << 38) | (bucket::bigint << 32) | ((a * 1000003 + b) * 1000003 + c) % 4294967291), '{}')
  FROM (
    SELECT ch::bigint AS a, lead(ch, 1, 10) OVER w AS b0, lead(ch, 2, 10) OVER w AS c0
    FROM (SELECT n, ascii(x) AS ch FROM string_to_table(t, NULL) WITH ORDINALITY AS s(x, n)) AS y
    WINDOW w AS (ORDER BY n)
  ) AS z
  CROSS JOIN LATERAL (VALUES (b0, 0), (b0, c0), (0, 0)) AS v(b, c)
  WHERE a <> 10 AND b <> 10 AND c <> 10
    AND (b <> 0 OR NOT (a BETWEEN 97 AND 122 OR a BETWEEN 48 AND 57 OR a IN (32, 46, 64)))
$$;
-- +goose StatementEnd
