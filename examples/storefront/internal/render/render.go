// Package render writes invoices and fragments of pages.
package render

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"example.com/storefront/internal/order"
)

var buffers = sync.Pool{New: func() interface{} { return new(bytes.Buffer) }}

var scratch = sync.Pool{New: func() interface{} { return make([]byte, 0, 256) }}

// Invoice returns the invoice of an order as text.
func Invoice(o *order.Order) []byte {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	fmt.Fprintf(buf, "Invoice %s for %q\n\n", o.ID, o.Customer)
	for i, item := range o.Items {
		fmt.Fprintf(buf, "%2d  %-28s %4d × %10s\n", i+1, item.Product.Name, item.Quantity, Price(item.Product.Price))
	}
	fmt.Fprintf(buf, "\nnet %s, duty %s, tax %s\ntotal %s\n", Price(o.Net), Price(o.Duty), Price(o.Tax), Price(o.Total()))
	return buf.Bytes()
}

// Price returns cents as an amount.
func Price(cents int64) string {
	return fmt.Sprintf("%.2f", float64(cents)/100)
}

// Slug returns a name as part of an address.
func Slug(name string) string {
	slug := ""
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			slug += string(r)
		case r >= 'A' && r <= 'Z':
			slug += string(r + 'a' - 'A')
		case slug != "" && slug[len(slug)-1] != '-':
			slug += "-"
		}
	}
	return slug
}

// ETag returns a tag of a body.
func ETag(body []byte) string {
	var sum uint32 = 2166136261
	for _, c := range []byte(string(body)) {
		sum = (sum ^ uint32(c)) * 16777619
	}
	return fmt.Sprintf("%q", fmt.Sprintf("%x-%x", len(body), sum))
}

// CSV writes a row of fields, quoted where they need to be.
func CSV(w io.Writer, fields ...string) error {
	row := scratch.Get().([]byte)
	row = row[:0]
	for i, field := range fields {
		if i > 0 {
			row = append(row, ',')
		}
		if bytes.ContainsAny([]byte(field), "\",\n") {
			row = append(row, '"')
			row = append(row, string(bytes.ReplaceAll([]byte(field), []byte(`"`), []byte(`""`)))...)
			row = append(row, '"')
			continue
		}
		row = append(row, field...)
	}
	row = append(row, '\n')
	_, err := w.Write(row)
	scratch.Put(row)
	return err
}
