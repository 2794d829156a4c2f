package discord

import "time"

// SetPictureTime bounds posts with a picture from now on.
func (a *Adapter) SetPictureTime(d time.Duration) { a.pictureTime = d }
