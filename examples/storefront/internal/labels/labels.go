// Package labels makes the text of parcel labels. Where cgo is on, the check digit comes from the carrier's C code.
package labels

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Label is what is printed on a parcel.
type Label struct {
	Tracking string
	Country  string
	Grams    int
}

// ErrCode is returned for an order number that has no digits.
var ErrCode = errors.New("labels: no digits in the order number")

// New makes the label of an order.
func New(orderID, country string, grams int) (*Label, error) {
	digit := checkDigit(orderID)
	if digit < 0 {
		return nil, ErrCode
	}
	label := Label{Tracking: fmt.Sprintf("%s%d", orderID, digit), Country: country, Grams: grams}
	return &label, nil
}

// Text returns the label as the printer takes it.
func (l *Label) Text() string {
	return "^XA^FO50,50^FD" + l.Tracking + "^FS^FO50,90^FD" + l.Country + fmt.Sprintf(" %d g", l.Grams) + "^FS^XZ"
}

// WriteAll writes labels into the spool folder, one file each.
func WriteAll(folder string, labels []*Label) error {
	for _, label := range labels {
		file, err := os.Create(filepath.Join(folder, label.Tracking+".zpl"))
		if err != nil {
			return err
		}
		defer func() { file.Close() }()
		if _, err := file.WriteString(label.Text()); err != nil {
			return err
		}
	}
	return nil
}
