package storage

import (
	"encoding/json"

	"kith/internal/crm"
)

// FurtherText is the argument of a column of further values: JSON.
func FurtherText(v *[]crm.FurtherValue) any {
	if len(*v) == 0 {
		return "[]"
	}
	b, err := json.Marshal(*v)
	if err != nil {
		panic(err) // texts and ids
	}
	return string(b)
}

// ReadFurther reads what [FurtherText] wrote. No values are nil.
func ReadFurther(s string, to *[]crm.FurtherValue) error {
	if *to = nil; s == "" || s == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(s), to)
}
