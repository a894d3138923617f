-- +goose Up

-- The same buckets and grams as before. A function in SQL is parsed anew by each statement that writes a contact, and a query
-- in it planned: that was more than a third of what writing a contact took.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION name_bucket(k text) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE
    WHEN k < 'a' COLLATE "C" THEN 0
    WHEN ascii(k) < 123 THEN ascii(k) - 96 + (k >= 'ai' COLLATE "C")::int + (k >= 'ji' COLLATE "C")::int + (k >= 'mi' COLLATE "C")::int
    WHEN ascii(k) < 128 THEN 30
    WHEN ascii(k) < 1024 THEN 31
    WHEN ascii(k) < 1328 THEN least(35, greatest(32, 32 + (ascii(k) - 1072) / 8))
    WHEN ascii(k) < 12288 THEN 36
    WHEN ascii(k) < 19968 THEN 37
    WHEN ascii(k) < 28672 THEN 38
    ELSE 39
  END;
END
$$;
-- +goose StatementEnd

-- A gram may come more than once; the index takes each once.
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
CREATE OR REPLACE FUNCTION name_bucket(k text) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE
    WHEN k < 'a' COLLATE "C" THEN 0
    WHEN ascii(k) < 123 THEN ascii(k) - 96 + (k >= 'ai' COLLATE "C")::int + (k >= 'ji' COLLATE "C")::int + (k >= 'mi' COLLATE "C")::int
    WHEN ascii(k) < 128 THEN 30
    WHEN ascii(k) < 1024 THEN 31
    WHEN ascii(k) < 1328 THEN least(35, greatest(32, 32 + (ascii(k) - 1072) / 8))
    WHEN ascii(k) < 12288 THEN 36
    WHEN ascii(k) < 19968 THEN 37
    WHEN ascii(k) < 28672 THEN 38
    ELSE 39
  END
$$;
-- +goose StatementEnd
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
